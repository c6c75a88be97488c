"""What a report shows, gathered from the folder of a finished run: a module for each part of the page."""
