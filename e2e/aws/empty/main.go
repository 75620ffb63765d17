// Command empty is the smallest Lambda function there is: what others' starts are measured against.
package main

import (
	"context"

	"github.com/aws/aws-lambda-go/lambda"
)

func main() {
	lambda.StartWithOptions(func(context.Context) error { return nil }, lambda.WithEnableSIGTERM())
}
