package stack

import "context"

func (d *deploying) checkRoles(context.Context) error { return nil }

func (d *deploying) originSecret(context.Context) (string, error) { return "", nil }
