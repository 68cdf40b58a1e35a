/* The pop-up has done its work. A browser that does not let it close shows the sentence beside it. */
window.close();
