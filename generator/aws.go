package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"glasspoll/internal/cloud"
)

// openTable is a deployment's table, and the settings of AWS by which it is reached. Empty, profile and region are what
// the environment says, and endpoint is AWS's own.
func openTable(ctx context.Context, name, profile, region, endpoint string) (*cloud.Table, aws.Config, error) {
	database, settings, err := openDatabase(ctx, profile, region, endpoint)
	if err != nil {
		return nil, settings, err
	}
	return cloud.NewTable(database, name, time.Now, cloud.Settle), settings, nil
}

// openDatabase is what tables are reached by.
func openDatabase(ctx context.Context, profile, region, endpoint string) (*dynamodb.Client, aws.Config, error) {
	var options []func(*config.LoadOptions) error
	if profile != "" {
		options = append(options, config.WithSharedConfigProfile(profile))
	}
	if region != "" {
		options = append(options, config.WithRegion(region))
	}
	settings, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return nil, settings, fmt.Errorf("AWS configuration: %w", err)
	}
	if settings.Region == "" {
		return nil, settings, usageError{errors.New("no AWS region is set: say --region NAME, or set AWS_REGION")}
	}
	return dynamodb.NewFromConfig(settings, func(o *dynamodb.Options) {
		if endpoint != "" {
			o.BaseEndpoint = &endpoint
		}
	}), settings, nil
}
