"""How work runs: devices, threads, processes, and what is to be done for each picture."""
