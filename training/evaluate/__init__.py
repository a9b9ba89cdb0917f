"""Measures of the exported graphs: masks, paintings, and both over time."""
