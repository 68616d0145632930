// Serves dynalite from memory on a free port of loopback, prints the port, and ends when standard input does: with the process
// that started it, however that ended.
'use strict'

const server = require('dynalite')({ createTableMs: 0, updateTableMs: 0, deleteTableMs: 0 })
server.keepAliveTimeout = 0 // a connection that is reused must not be closed at the same moment
server.listen(0, '127.0.0.1', () => console.log(server.address().port))
process.stdin.on('end', () => process.exit()).resume()
