"""Comment systems to compare with, from their public packages, as their pages say that they are run."""
