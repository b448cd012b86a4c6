// A button on each block of code that copies it. Its words come with the page, in the page's language. The button lies on
// top of the block, so that nothing moves; without this script there is none.

const { copy, copied } = document.currentScript.dataset;

function copyable(code) {
  const text = code.cloneNode(true);
  // A line that is shown as taken out is not part of what is left.
  for (const line of text.querySelectorAll('del[data-sign]')) line.remove();
  return text.textContent;
}

for (const block of document.querySelectorAll('pre:has(> code)')) {
  const code = block.querySelector('code');
  let holder = block.closest('.code-block');
  if (!holder) {
    holder = document.createElement('div');
    holder.className = 'code-block';
    block.replaceWith(holder);
    holder.append(block);
  }
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'copy';
  button.textContent = copy;
  const said = document.createElement('span');
  said.className = 'quiet';
  said.setAttribute('role', 'status');
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(copyable(code));
    } catch {
      // Not allowed, or no secure page: the code is marked, and the reader's own keys copy it.
      getSelection().selectAllChildren(code);
      return;
    }
    button.textContent = copied;
    said.textContent = copied;
    setTimeout(() => {
      button.textContent = copy;
      said.textContent = '';
    }, 2000);
  });
  holder.append(button, said);
}
