package certs

func pinMany(path, name string) error { return nil }
