"""Training on Accelerate: two phases, exact resumption, one process or many."""
