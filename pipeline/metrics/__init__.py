"""How alike sets of pictures and label maps are: arrays in, numbers with their intervals out.

Nothing here reads a file or needs torch. A caller with too little to measure gets a ``ValueError``; what the user of a
command can cause is for the command to refuse.
"""
