"""What people ask: one function a question; nothing here changes anything."""
