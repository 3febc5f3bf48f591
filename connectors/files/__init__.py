"""Books that arrive as files: the FEC and CSV exports."""
