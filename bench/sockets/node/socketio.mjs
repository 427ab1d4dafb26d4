// Rooms on Socket.IO, as its guide has them, by WebSocket alone. Usage: node socketio.mjs PORT
import { createServer } from 'node:http'
import { Server } from 'socket.io'

const http = createServer()
const io = new Server(http, { transports: ['websocket'], serveClient: false })

io.on('connection', (socket) => {
  socket.on('join', async (room, done) => {
    await socket.join(room)
    done()
  })
  socket.on('line', (line) => io.to(line.room).emit('line', line))
})

http.listen({ host: '127.0.0.1', port: Number(process.argv[2]), backlog: 1024 })
