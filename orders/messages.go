package orders

// Messages are the sentences of this module.
var Messages = map[string][2]string{}
