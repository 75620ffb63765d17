//go:build lambda.norpc

package message

import "embed"

// files has in the functions on AWS what people are told of news. They log in English, and start sooner.
//
//go:embed zh/tell.yaml
var files embed.FS
