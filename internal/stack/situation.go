package stack

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

// A situation is what can be done with a stack.
type situation int

const (
	absent         situation = iota // it can be created
	atRest                          // it can be updated
	unfinished                      // its first creation failed: it has to be deleted first
	busy                            // something is being done to it
	stuck                           // an update and its rollback have failed: the rollback has to be continued
	halfDeleted                     // a deletion has failed: it can only be deleted
	failedStanding                  // an update failed and was not rolled back
)

// situationOf returns what can be done with a stack of a status, "" if there is none.
func situationOf(status types.StackStatus) situation {
	switch status {
	case "", types.StackStatusDeleteComplete, types.StackStatusReviewInProgress: // the last one is what a change set that was never executed leaves
		return absent
	case types.StackStatusRollbackComplete, types.StackStatusRollbackFailed, types.StackStatusCreateFailed:
		return unfinished
	case types.StackStatusUpdateRollbackFailed:
		return stuck
	case types.StackStatusDeleteFailed:
		return halfDeleted
	case types.StackStatusUpdateFailed, types.StackStatusImportRollbackFailed:
		return failedStanding
	}
	if inProgress(status) {
		return busy
	}
	return atRest
}

func inProgress(status types.StackStatus) bool {
	return strings.HasSuffix(string(status), "_IN_PROGRESS")
}

// succeeded reports whether a stack at rest has what was asked for.
func succeeded(status types.StackStatus) bool {
	return status == types.StackStatusCreateComplete || status == types.StackStatusUpdateComplete || status == types.StackStatusDeleteComplete
}
