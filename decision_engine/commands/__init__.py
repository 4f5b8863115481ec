"""What people do: one function a verb, one file a subject.

Every command takes a `Work` first, refuses before it changes anything, ends with `work.record`, and never
commits: commands compose inside the one transaction their door opened.
"""
