"""The face: Typer commands that parse, call a job and print."""
