"""`ppad train`: one trainer for all models, on Accelerate."""
