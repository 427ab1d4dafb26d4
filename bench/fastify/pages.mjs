// The templates, by Eta.
import { Eta } from "eta";

const eta = new Eta();

const fortunesPage = eta.compile(`<!DOCTYPE html>
<html>
<head><title>Fortunes</title></head>
<body>
<table>
<tr><th>id</th><th>message</th></tr>
<% it.fortunes.forEach(fortune => { %>
<tr><td><%= fortune.id %></td><td><%= fortune.message %></td></tr>
<% }) %>
</table>
</body>
</html>
`);

eta.loadTemplate(
  "@base",
  `<!DOCTYPE html>
<html>
<head><title><%= it.title %></title></head>
<body>
<nav><a href="/">Home</a></nav>
<main>
<%~ it.body %>
</main>
</body>
</html>
`,
);

const itemsPage = eta.compile(`<% layout("@base", { title: "Articles" }) %>
<h1>Articles</h1>
<table>
<tr><th>Article</th><th>Brand</th><th>Price</th><th>Rating</th><th>Stock</th><th>Category</th></tr>
<% it.items.forEach(item => { %>
<tr<% if (!item.active) { %> class="off"<% } %>><td><a href="/items/<%= item.id %>"><%= item.name %></a></td><td><%= item.brand %></td><td><%= item.price %></td><td><% if (item.rating === null) { %>–<% } else { %><%= item.rating %><% } %></td><td><%= item.stock %></td><td><%= item.category %></td></tr>
<% }) %>
</table>
`);

export function fortunes(found) {
  const fortunes = [...found, { id: 0, message: "Additional fortune added at request time." }];
  fortunes.sort((a, b) => (a.message < b.message ? -1 : a.message > b.message ? 1 : 0));
  return eta.render(fortunesPage, { fortunes });
}

export function items(items) {
  return eta.render(itemsPage, { items });
}
