package app

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// smallFileMax bounds the files that are read whole: statements, requests and passwords, of a few hundred bytes each.
const smallFileMax = 64 << 10

func readSmall(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	raw, err := io.ReadAll(io.LimitReader(file, smallFileMax+1))
	if err != nil {
		return nil, err
	}
	if len(raw) > smallFileMax {
		return nil, fmt.Errorf("%s is larger than %d bytes", path, smallFileMax)
	}
	return raw, nil
}

// writeWhole puts a file of mode 0600 in place, durably, or leaves nothing.
func writeWhole(path string, data []byte) error {
	temporary, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+"-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(temporary.Name()) // gone already where all went well
	_, err = temporary.Write(data)
	if err = errors.Join(err, temporary.Sync(), temporary.Close()); err != nil {
		return err
	}
	return os.Rename(temporary.Name(), path)
}
