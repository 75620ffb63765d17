package stack

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"glasspoll/internal/cloud"
	"glasspoll/internal/message"
)

// A parcels is the bucket from which CloudFormation takes the template and the functions' packages. Objects are named by their
// content, so what is there already is not sent, and a function whose package is the same is not changed.
type parcels struct {
	storage               *s3.Client
	name, account, region string
	isReady               bool // it exists, with its settings
}

func (c *Client) parcels(stack string) *parcels {
	return &parcels{storage: c.storage, name: parcelBucket(c.Account, c.Region, stack), account: c.Account, region: c.Region}
}

// parcelBucket returns the name of the bucket for the packages of a stack: up to 63 small letters, digits and hyphens.
func parcelBucket(account, region, stack string) string {
	const longest = 63
	prefix, suffix := "glasspoll-", "-"+account+"-"+region
	room := longest - len(prefix) - len(suffix)
	short := strings.ToLower(stack)
	if short != stack || len(short) > room {
		sum := sha256.Sum256([]byte(stack))
		short = strings.TrimRight(short[:min(len(short), room-9)], "-") + "-" + hex.EncodeToString(sum[:4])
	}
	return prefix + short + suffix
}

// contentName returns the name of an object by its content.
func contentName(folder, name, ending string, content []byte) string {
	sum := sha256.Sum256(content)
	return folder + "/" + name + "-" + hex.EncodeToString(sum[:16]) + ending
}

// put stores an object unless it is there, and reports whether it was sent.
func (p *parcels) put(ctx context.Context, key string, content []byte) (sent bool, err error) {
	_, err = p.storage.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &p.name, Key: &key, ExpectedBucketOwner: &p.account})
	if err == nil {
		return false, nil
	}
	if statusOf(err) != http.StatusNotFound {
		return false, p.wrap(err)
	}
	if err := p.ready(ctx); err != nil {
		return false, p.wrap(err)
	}
	_, err = p.storage.PutObject(ctx, &s3.PutObjectInput{Bucket: &p.name, Key: &key, Body: bytes.NewReader(content), ExpectedBucketOwner: &p.account})
	return true, p.wrap(err)
}

// ready makes the bucket if there is none, and sets it up: private, encrypted, without versions. Packages stay, since a rollback
// needs those of before; templates go after a month.
func (p *parcels) ready(ctx context.Context) error {
	if p.isReady {
		return nil
	}
	_, err := p.storage.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &p.name, ExpectedBucketOwner: &p.account})
	if statusOf(err) == http.StatusNotFound {
		create := &s3.CreateBucketInput{Bucket: &p.name, ObjectOwnership: types.ObjectOwnershipBucketOwnerEnforced}
		if p.region != "us-east-1" {
			create.CreateBucketConfiguration = &types.CreateBucketConfiguration{LocationConstraint: types.BucketLocationConstraint(p.region)}
		}
		_, err = p.storage.CreateBucket(ctx, create)
		if owned := new(types.BucketAlreadyOwnedByYou); errors.As(err, &owned) { // made by another command at the same time
			err = nil
		}
	}
	if err != nil {
		return err
	}
	if _, err := p.storage.PutPublicAccessBlock(ctx, &s3.PutPublicAccessBlockInput{Bucket: &p.name, ExpectedBucketOwner: &p.account, PublicAccessBlockConfiguration: &types.PublicAccessBlockConfiguration{
		BlockPublicAcls: aws.Bool(true), BlockPublicPolicy: aws.Bool(true), IgnorePublicAcls: aws.Bool(true), RestrictPublicBuckets: aws.Bool(true),
	}}); err != nil {
		return err
	}
	if _, err := p.storage.PutBucketEncryption(ctx, &s3.PutBucketEncryptionInput{Bucket: &p.name, ExpectedBucketOwner: &p.account, ServerSideEncryptionConfiguration: &types.ServerSideEncryptionConfiguration{
		Rules: []types.ServerSideEncryptionRule{{ApplyServerSideEncryptionByDefault: &types.ServerSideEncryptionByDefault{SSEAlgorithm: types.ServerSideEncryptionAes256}}},
	}}); err != nil {
		return err
	}
	if _, err := p.storage.PutBucketLifecycleConfiguration(ctx, &s3.PutBucketLifecycleConfigurationInput{Bucket: &p.name, ExpectedBucketOwner: &p.account, LifecycleConfiguration: &types.BucketLifecycleConfiguration{
		Rules: []types.LifecycleRule{{
			ID: aws.String("templates"), Status: types.ExpirationStatusEnabled, Filter: &types.LifecycleRuleFilter{Prefix: aws.String("templates/")},
			Expiration: &types.LifecycleExpiration{Days: aws.Int32(30)}, AbortIncompleteMultipartUpload: &types.AbortIncompleteMultipartUpload{DaysAfterInitiation: aws.Int32(1)},
		}},
	}}); err != nil {
		return err
	}
	if _, err := p.storage.PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{Bucket: &p.name, ExpectedBucketOwner: &p.account, Policy: aws.String(fmt.Sprintf(onlyEncrypted, p.name))}); err != nil {
		return err
	}
	p.isReady = true
	return nil
}

const onlyEncrypted = `{"Version":"2012-10-17","Statement":[{"Sid":"OnlyEncrypted","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::%[1]s","arn:aws:s3:::%[1]s/*"],"Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}`

// url returns the address of an object, as CloudFormation takes that of a template.
func (p *parcels) url(key string) string {
	return "https://" + p.name + ".s3." + p.region + ".amazonaws.com/" + key
}

// remove empties the bucket, which holds nothing but packages and templates, and deletes it. It reports whether there was one.
func (p *parcels) remove(ctx context.Context) (bool, error) {
	for pages := s3.NewListObjectsV2Paginator(p.storage, &s3.ListObjectsV2Input{Bucket: &p.name, ExpectedBucketOwner: &p.account}); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if statusOf(err) == http.StatusNotFound {
			return false, nil
		}
		if err != nil {
			return false, p.wrap(err)
		}
		for _, object := range page.Contents {
			if _, err := p.storage.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &p.name, Key: object.Key, ExpectedBucketOwner: &p.account}); err != nil {
				return false, p.wrap(err)
			}
		}
	}
	_, err := p.storage.DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: &p.name, ExpectedBucketOwner: &p.account})
	return true, p.wrap(err)
}

// wrap says which bucket an error is about.
func (p *parcels) wrap(err error) error {
	switch {
	case err == nil:
		return nil
	case statusOf(err) == http.StatusForbidden:
		return message.Errorf("bucket %s: these credentials have no right to it, or it belongs to another account, which account %s must not use: see who has it, or deploy as a stack of another name (%w)", p.name, p.account, err)
	}
	return message.Errorf("bucket %s: %w", p.name, cloud.Explained(err))
}

// statusOf returns the HTTP status of a reply that is an error; 0 if err is none.
func statusOf(err error) int {
	if failed := new(awshttp.ResponseError); errors.As(err, &failed) {
		return failed.HTTPStatusCode()
	}
	return 0
}
