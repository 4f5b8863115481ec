"""What the law demands: dated data and pure functions with citations."""
