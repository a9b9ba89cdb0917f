"""Training, measuring and exporting stylecam's two networks. Not needed to run the program."""
