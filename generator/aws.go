package main

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"glasspoll/internal/cloud"
	"glasspoll/internal/cloud/indexed"
	"glasspoll/internal/console"
	"glasspoll/internal/message"
	"glasspoll/internal/stack"
	"glasspoll/internal/store"
)

// awsFlags select the AWS account and region. If they are empty, the environment decides, and the endpoint is that of AWS.
type awsFlags struct {
	Profile string `placeholder:"NAME" help:"Profile of the AWS configuration."`
	Region  string `placeholder:"NAME" help:"AWS region, if not that of the profile."`

	DynamoDBEndpoint string `name:"dynamodb-endpoint" env:"DYNAMODB_ENDPOINT" hidden:""`
}

// table opens a deployment's table. It also returns the settings that it has found. The error is a [cloud.OldFormError] if the
// table is of an earlier version.
func (f awsFlags) table(ctx context.Context, name string) (*cloud.Table, aws.Config, error) {
	database, settings, err := f.database(ctx)
	if err != nil {
		return nil, settings, err
	}
	table := cloud.NewTable(database, name, cloud.Options{Invitations: cloud.InvitationTable(name)})
	if err := table.CheckForm(ctx); err != nil {
		return nil, settings, err
	}
	return table, settings, nil
}

// records opens a table for commands that may only read it. One of an earlier version refuses to be changed.
func (f awsFlags) records(ctx context.Context, c *console.Console, name string) (store.Records, error) {
	table, _, err := f.table(ctx, name)
	if old := new(cloud.OldFormError); errors.As(err, &old) {
		c.Print(c.Err, "table %s is of an earlier version, and only read: `glasspoll results move` carries it over.", name)
		return f.oldTable(ctx, name)
	}
	if err != nil {
		return nil, err
	}
	return table, nil
}

// oldTable opens a table of an earlier version.
func (f awsFlags) oldTable(ctx context.Context, name string) (store.Records, error) {
	database, _, err := f.database(ctx)
	if err != nil {
		return nil, err
	}
	return indexed.New(database, name).Records(), nil
}

// settings finds the account and the region.
func (f awsFlags) settings(ctx context.Context) (aws.Config, error) {
	var options []func(*config.LoadOptions) error
	if f.Profile != "" {
		options = append(options, config.WithSharedConfigProfile(f.Profile))
	}
	if f.Region != "" {
		options = append(options, config.WithRegion(f.Region))
	}
	settings, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return settings, message.Errorf("AWS configuration: %w", err)
	}
	if settings.Region == "" {
		return settings, console.Usagef("no AWS region is set: say --region NAME, or set AWS_REGION")
	}
	if _, err := settings.Credentials.Retrieve(ctx); err != nil {
		return settings, message.Errorf("no AWS credentials are found, or they have expired: log in, for example with `aws sso login`, or set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (%w)", err)
	}
	return settings, nil
}

// deployed returns the table and the bucket of a stack.
func (f awsFlags) deployed(ctx context.Context, name string) (table, bucket string, err error) {
	settings, err := f.settings(ctx)
	if err != nil {
		return "", "", err
	}
	client, err := stack.NewClient(ctx, settings, 0)
	if err != nil {
		return "", "", err
	}
	outputs, err := client.Outputs(ctx, name)
	if err != nil {
		return "", "", err
	}
	if table, bucket = outputs["Table"], outputs["Bucket"]; table == "" || bucket == "" {
		return "", "", message.Errorf("stack %s has no outputs Table and Bucket: its creation has not ended, or has failed", name)
	}
	return table, bucket, nil
}

// database returns a client for tables, and the settings that it has found.
func (f awsFlags) database(ctx context.Context) (*dynamodb.Client, aws.Config, error) {
	settings, err := f.settings(ctx)
	if err != nil {
		return nil, settings, err
	}
	return dynamodb.NewFromConfig(settings, func(o *dynamodb.Options) {
		if f.DynamoDBEndpoint != "" {
			o.BaseEndpoint = &f.DynamoDBEndpoint
		}
	}), settings, nil
}
