// Command empty is a Lambda function that does nothing, to compare the start of other functions with.
package main

import (
	"context"

	"github.com/aws/aws-lambda-go/lambda"
)

func main() {
	lambda.StartWithOptions(func(context.Context) error { return nil }, lambda.WithEnableSIGTERM())
}
