// Sends the form of a page that only passes something on. Without scripts the person presses its button.
(() => {
  const form = document.querySelector('form[data-send-at-once]');
  // A press beside the script would send it twice, and a code that comes twice ends what it gave.
  form.querySelector('button').disabled = true;
  form.submit();
})();
