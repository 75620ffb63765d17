// Command pack builds the packages of the functions for AWS Lambda, DIR/submit.zip, DIR/invite.zip, DIR/publish.zip
// and DIR/archive.zip, and beside them DIR/functions.json, which says which version they are of. The same source gives the same
// bytes on every machine and at every time.
package main

import (
	"archive/zip"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"glasspoll/deploy/lambda"
	"glasspoll/internal/stack"
)

// version is set at build, by -ldflags "-X main.version=v1.2.3": that of the program which deploys the packages.
var version string

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: pack DIR, in the module's root directory")
		os.Exit(2)
	}
	packages := map[string][]byte{}
	for _, name := range []string{"submit", "invite", "publish", "archive"} {
		size, packed, err := pack(name, filepath.Join(os.Args[1], name+".zip"))
		if err != nil {
			fmt.Fprintf(os.Stderr, "pack %s: %v\n", name, err)
			os.Exit(1)
		}
		packages[name] = packed
		fmt.Printf("%s: %.1f MB, unpacked %.1f MB\n", filepath.Join(os.Args[1], name+".zip"), float64(len(packed))/1e6, float64(size)/1e6)
	}
	if err := stack.WritePackageList(os.Args[1], version, packages); err != nil {
		fmt.Fprintln(os.Stderr, "pack:", err)
		os.Exit(1)
	}
}

// limits bound the unpacked sizes of the functions, in bytes: small ones start quickly. Nobody waits for publish and archive.
var limits = map[string]int{"submit": 13_500_000, "invite": 13_500_000, "publish": 15_000_000, "archive": 16_000_000}

// pack builds a function and writes its package. It returns the size of the binary, in bytes, and the package.
func pack(name, target string) (size int, packed []byte, err error) {
	dir, err := os.MkdirTemp("", "glasspoll-pack-")
	if err != nil {
		return 0, nil, err
	}
	defer os.RemoveAll(dir)
	binary := filepath.Join(dir, "bootstrap")
	if err := lambda.Build(".", "./functions/"+name, "arm64", binary); err != nil {
		return 0, nil, err
	}
	content, err := os.ReadFile(binary)
	if err != nil {
		return 0, nil, err
	}
	if limit := limits[name]; len(content) > limit {
		return 0, nil, fmt.Errorf("unpacked it has %d bytes, more than %d", len(content), limit)
	}
	var archive bytes.Buffer
	w := zip.NewWriter(&archive)
	header := &zip.FileHeader{Name: "bootstrap", Method: zip.Deflate, Modified: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)}
	header.SetMode(0o755)
	file, err := w.CreateHeader(header)
	if err != nil {
		return 0, nil, err
	}
	if _, err := file.Write(content); err != nil {
		return 0, nil, err
	}
	if err := w.Close(); err != nil {
		return 0, nil, err
	}
	if err := os.MkdirAll(filepath.Dir(target), 0o777); err != nil {
		return 0, nil, err
	}
	return len(content), archive.Bytes(), os.WriteFile(target, archive.Bytes(), 0o666)
}
