"""What makes resources out of settings and files."""
