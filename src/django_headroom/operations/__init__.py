"""What a team of operators needs: switches, a record of performance, and errors; each part is an app of its own."""
