"""What is done to a picture."""
