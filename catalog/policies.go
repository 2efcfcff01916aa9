package catalog

import "banmuyuan/catalog/allocate"

// PolicyMessages say in words how each policy shares an order, and why a share went where it did.
var PolicyMessages = allocate.Messages
