// Paper cannot be unfolded: everything folded is open while the page is printed, and shut again afterwards.
const opened = [];

window.addEventListener('beforeprint', () => {
  document.querySelectorAll('main details:not([open])').forEach((one) => {
    one.open = true;
    opened.push(one);
  });
});
window.addEventListener('afterprint', () => {
  opened.splice(0).forEach((one) => { one.open = false; });
});
