"""What each kind of rule looks for, one file for each family, and the book of those that are on."""
