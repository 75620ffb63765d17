//go:build !lambda.norpc

package message

import "embed"

//go:embed zh/*.yaml
var files embed.FS
