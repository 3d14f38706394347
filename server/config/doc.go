// Package config holds every setting of the server in one struct, and where each of its values comes from: flags, then
// the environment (CAUDAL_...), then a YAML file, then defaults.
package config
