package cloud

import (
	"errors"
	"net/url"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"

	"glasspoll/internal/message"
)

const (
	noRight      message.Key = "these credentials have no right to it: use those of an operator, or have the right added"
	unknownUser  message.Key = "AWS does not accept these credentials: check the profile, or AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN"
	expiredLogin message.Key = "the credentials have expired: log in again, for example with `aws sso login`"
	wrongClock   message.Key = "the clock of this machine is wrong: set it"
	tooMany      message.Key = "AWS takes no more requests at the moment: try again in a few minutes"
	faulty       message.Key = "AWS has a fault at the moment: try again in a few minutes"
	noSuch       message.Key = "there is none in this account and region: is the name right, and AWS_REGION?"
	otherRegion  message.Key = "it is in another region: say --region NAME, or set AWS_REGION"
)

// causes say what the errors of AWS mean, by their codes, and what to do.
var causes = map[string]message.Key{
	"AccessDenied": noRight, "AccessDeniedException": noRight, "UnauthorizedOperation": noRight, "NotAuthorized": noRight,
	"UnrecognizedClientException": unknownUser, "InvalidClientTokenId": unknownUser, "InvalidAccessKeyId": unknownUser, "MissingAuthenticationToken": unknownUser,
	"MissingAuthenticationTokenException": unknownUser, "InvalidToken": unknownUser, "InvalidSignatureException": unknownUser, "SignatureDoesNotMatch": unknownUser,
	"IncompleteSignature": unknownUser, "IncompleteSignatureException": unknownUser,
	"ExpiredToken": expiredLogin, "ExpiredTokenException": expiredLogin, "TokenRefreshRequired": expiredLogin,
	"RequestTimeTooSkewed": wrongClock, "RequestExpired": wrongClock,
	"Throttling": tooMany, "ThrottlingException": tooMany, "ThrottledException": tooMany, "RequestLimitExceeded": tooMany, "SlowDown": tooMany,
	"ProvisionedThroughputExceededException": tooMany, "TooManyRequestsException": tooMany,
	"InternalServerError": faulty, "InternalError": faulty, "InternalFailure": faulty, "ServiceUnavailable": faulty, "ServiceUnavailableException": faulty,
	"ResourceNotFoundException": noSuch, "NoSuchBucket": noSuch,
	"PermanentRedirect": otherRegion, "AuthorizationHeaderMalformed": otherRegion,
}

// isPermanentCode reports whether a code is of errors that last until somebody mends something. A token that has expired is that of one process, and
// a clock may be right again soon: another try may reach another process.
func isPermanentCode(code, words string) bool {
	switch causes[code] {
	case noRight, noSuch, otherRegion:
		return true
	case unknownUser:
		return !strings.Contains(words, "expired") && !strings.Contains(words, "not yet current") // of a clock that is wrong
	}
	switch code {
	case "ValidationException", "ValidationError", "SerializationException", "UnknownOperationException", "IdempotentParameterMismatchException":
		return true // of keys of another form, or an item that is too large
	}
	return false
}

// isPermanent reports whether an error of the tables lasts until somebody mends something. After a try whose outcome is unknown it
// is not known to be that.
func isPermanent(err error) bool {
	var unsure *unsureError
	var cancelled *types.TransactionCanceledException
	var failed smithy.APIError
	switch {
	case errors.As(err, &unsure):
		return false
	case errors.Is(err, errNoInvitations), errors.As(err, new(*aws.MissingRegionError)):
		return true
	case errors.As(err, &cancelled):
		return slices.ContainsFunc(cancelled.CancellationReasons, func(r types.CancellationReason) bool {
			return isPermanentCode(aws.ToString(r.Code), aws.ToString(r.Message))
		})
	case errors.As(err, &failed):
		return isPermanentCode(failed.ErrorCode(), failed.ErrorMessage())
	}
	return false
}

// meaning returns what an error of AWS means, with its own words; the zero Text if the code is not known.
func meaning(code, words string) message.Text {
	known, ok := causes[code]
	switch {
	case !ok:
		return message.Text{}
	case words == "":
		return message.New("%s (AWS: %s)", known, code)
	}
	return message.New("%s (AWS: %s: %s)", known, code, words)
}

// Explained returns an error of the SDK in words for operators, if it is a well-known one; else as it is.
func Explained(err error) error {
	var own message.Messenger
	if errors.As(err, &own) {
		return err
	}
	var failed smithy.APIError
	if errors.As(err, &failed) {
		if text := meaning(failed.ErrorCode(), failed.ErrorMessage()); !text.IsZero() {
			return &message.Error{Text: text, Err: err}
		}
	}
	var unreached *url.Error
	if errors.As(err, &unreached) {
		return &message.Error{Text: message.Of(unreached), Err: err}
	}
	return err
}
