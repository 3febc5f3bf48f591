"""The demonstration: a fictional firm with four companies, sixty simulated days, a mailbox on this machine."""
