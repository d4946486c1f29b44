"""SavedModel: graphs, variables and assets in a folder, with names for inputs and outputs."""
