"""What describes the API: an OpenAPI document and a page to read, both made of the declarations."""
