"""An Experiment becomes a Plan here: named nodes, content keys, what is reused, what will run."""
