"""What a program needs on given inputs, and what a Transformer can learn from them."""
