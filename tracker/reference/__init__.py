"""Data that ships with the program: States, regions, resolutions, areas, ratings, measures, organisations."""
