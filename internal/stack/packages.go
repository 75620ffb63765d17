package stack

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"glasspoll/internal/message"
)

// PackageList is the name of the file beside the packages that says which version they are of.
const PackageList = "functions.json"

// A list is what that file holds.
type packageList struct {
	Version string            `json:"version"` // as `glasspoll version` prints it; "" if it is not known
	SHA256  map[string]string `json:"sha256"`  // of submit.zip and so on, in hexadecimal
}

// WritePackageList writes the list of packages beside them: their contents by name, such as submit.
func WritePackageList(dir, version string, packages map[string][]byte) error {
	list := packageList{Version: version, SHA256: map[string]string{}}
	for name, content := range packages {
		list.SHA256[name+".zip"] = hashOf(content)
	}
	b, err := json.MarshalIndent(list, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, PackageList), append(b, '\n'), 0o666)
}

func hashOf(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// ReadPackages reads the packages of functions from a directory. They must be of the program's version, unless version is "".
func ReadPackages(dir string, names []string, version string) (map[string][]byte, error) {
	var list packageList
	b, err := os.ReadFile(filepath.Join(dir, PackageList))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, message.Errorf("%s has no packages of the functions: run `make package` in the source of this version, or name their folder with --functions DIR", dir)
	case err != nil:
		return nil, err
	}
	if err := json.Unmarshal(b, &list); err != nil {
		return nil, message.Errorf("%s: %w: run `make package` again", filepath.Join(dir, PackageList), err)
	}
	if version != "" && list.Version != version {
		return nil, message.Errorf("the packages in %s are of version %s, and this program is of version %s: run `make package` in the source of the same version, or say --any-version", dir, message.Quoted(list.Version), message.Quoted(version))
	}
	packages := map[string][]byte{}
	for _, name := range names {
		file := filepath.Join(dir, name+".zip")
		content, err := os.ReadFile(file)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, message.Errorf("%s is missing: run `make package` again", file)
		}
		if err != nil {
			return nil, err
		}
		if hashOf(content) != list.SHA256[name+".zip"] {
			return nil, message.Errorf("%s is not the one that %s lists: run `make package` again", file, PackageList)
		}
		packages[name] = content
	}
	return packages, nil
}
