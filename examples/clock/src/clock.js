// The browser connects again by itself, when the network was away or the server starts anew.
const clock = document.getElementById("clock");
new EventSource("/time/").addEventListener("message", (event) => {
  clock.dateTime = event.data;
  clock.textContent = new Date(event.data).toLocaleTimeString();
});
