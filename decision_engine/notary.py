"""The notary: signs a checkpoint only if it extends the one it signed last."""
