package cli

const controllingTerminal = "CONOUT$"
