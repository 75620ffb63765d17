//go:build lambda.norpc

package message

import "embed"

// files is empty in the functions on AWS: they log in English, and start sooner.
var files embed.FS
