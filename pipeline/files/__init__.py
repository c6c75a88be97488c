"""Files and names: whole writes, folders that nothing may leave, locks."""
