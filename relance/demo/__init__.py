"""The demonstration: two fictional companies, sixty simulated days, a mailbox on this machine."""
