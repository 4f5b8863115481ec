"""A witness: cosigns checkpoints of logs it follows, and remembers every one."""
