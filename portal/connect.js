// What the customer's administrator reads after Microsoft's pages: what happened, whose move it is, what comes next.

const RESULTS = {
  verifying: {
    mark: "ok",
    title: "Thank you, that is all we needed",
    happened: "Your consent has arrived and you are signed in. We are now checking it with Microsoft.",
    next: "You can close this window. Your service provider sees how it goes on.",
  },
  declined: {
    mark: "stop",
    title: "You declined",
    happened: "Nothing was granted, and nothing was read.",
    next: "If that was not what you meant, ask your service provider for a new link.",
  },
  wrong_tenant: {
    mark: "stop",
    title: "This is another organization",
    happened: "You signed in to a different organization than the one your service provider entered. It was not connected.",
    next:
      "Ask your service provider which organization is meant. If you accepted by mistake, remove the app in the " +
      "Microsoft Entra admin center under Enterprise applications.",
  },
  expired: {
    mark: "stop",
    title: "This link is no longer valid",
    happened: "It has expired, was used already, or a newer one has replaced it.",
    next: "Ask your service provider for a new link.",
  },
  cancelled: {
    mark: "stop",
    title: "This was called off",
    happened: "Your service provider has taken this invitation back. Nothing was granted, and nothing was read.",
    next: "Ask your service provider for a new link if that was not meant.",
  },
  connected: {
    mark: "ok",
    title: "Your organization is connected",
    happened: "Somebody has accepted this invitation already.",
    next: "There is nothing left to do for you.",
  },
  invalid_link: {
    mark: "stop",
    title: "We do not know this link",
    happened: "It may have been cut off when it was copied.",
    next: "Open the whole link again, or ask your service provider for a new one.",
  },
  error: {
    mark: "stop",
    title: "That did not work",
    happened: "Microsoft or our service reported an error. Nothing has changed.",
    next: "Ask your service provider: they see the reason and what helps, and can send you a new link.",
  },
};

function show(result) {
  const box = document.getElementById("result");
  const heading = document.createElement("h1");
  heading.textContent = result.title;
  const paragraphs = [result.happened, result.next].map((text) => {
    const paragraph = document.createElement("p");
    paragraph.textContent = text;
    return paragraph;
  });
  box.className = result.mark;
  box.replaceChildren(heading, ...paragraphs);
  document.title = `${result.title} · OpsPilot365 Connect`;
}

const name = new URLSearchParams(location.search).get("result");
show(Object.hasOwn(RESULTS, name) ? RESULTS[name] : RESULTS.error);
