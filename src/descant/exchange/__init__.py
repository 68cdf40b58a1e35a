"""What comes in and goes out: importers and exporters, one module per format."""
